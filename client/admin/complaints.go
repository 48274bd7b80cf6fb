package admin

import "time"

// FiledComplaint is one complaint of a person, without what it says: that is read within a case.
type FiledComplaint struct {
	ID       string    `json:"id" doc:"itk_…"`
	Subject  string    `json:"subject"`
	Source   string    `json:"source" doc:"Where it was written, see the policy's collection"`
	At       time.Time `json:"at"`
	DeleteBy time.Time `json:"delete_by"`
}
